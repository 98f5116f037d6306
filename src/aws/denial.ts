import { OperatorError } from '../errors.ts';

/** What IAM does not allow: by whom it was asked, what is missing, and where. */

/** Hundreds of characters that only `sts:DecodeAuthorizationMessage` can read (EC2 API, error codes). */
export function withoutCode(message: string): string {
  return message.replace(/\s*Encoded authorization failure message: \S+/, '');
}

/** @param key the name or the code of an error */
export function isDenial(key: string): boolean {
  return /^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/.test(key);
}

/** @param detail AWS's message */
export function deniedError(operation: string, detail: string, cause: unknown): OperatorError {
  if (/not authorized to use launch template/.test(detail)) return mayNotLaunch(operation, detail, cause);
  const { action, advice } = denialIn(detail, operation);
  const message = `These credentials are not allowed to call ${operation}. ${detail}`;
  return new OperatorError('access-denied', message, { next: [advice], action, cause });
}

/** Auto Scaling's error does not name the action: to set a group's launch template you need permission to launch from it (Auto Scaling user guide, launch template support). */
function mayNotLaunch(operation: string, detail: string, cause: unknown): OperatorError {
  const action = 'ec2:RunInstances';
  const message = `These credentials are not allowed to call ${operation} with a launch template that they may not launch from (${action}). ${detail}`;
  const advice = `Allow \`${action}\` in the IAM policy of this role or user, with \`ec2:CreateTags\` and \`iam:PassRole\` where the template has tags or an instance profile; \`turnout permissions\` prints the policy for this config.`;
  return new OperatorError('access-denied', message, { next: [advice], action, cause });
}

interface Denial {
  /** Not always the operation: a launch also needs to set tags, and to pass a role. */
  readonly action: string;
  readonly advice: string;
}

/** The forms of the message: IAM user guide, "Troubleshoot access denied error messages". */
function denialIn(detail: string, operation: string): Denial {
  const [, action = operation] = /not authorized to perform: ([\w-]+:\w+)/.exec(detail) ?? [];
  const [, resource] = /on resource: (\S+)/.exec(detail) ?? [];
  const [, who = 'this role or user'] = /User: \S+:((?:assumed-)?(?:role|user)\/[^/\s]+)/.exec(detail) ?? [];
  const [, denies] = /with an explicit deny in an? ([\w -]+)/.exec(detail) ?? [];
  const on = resource === undefined ? '' : ` on ${resource}`;
  if (denies !== undefined)
    return {
      action,
      advice: `An explicit deny in a ${denies.trim()} forbids \`${action}\`${on} to ${who}: no Allow outweighs it, so it must be changed there.`,
    };
  const where = `in the IAM policy of ${who}${on}`;
  const advice = `Allow \`${action}\` ${where}; \`turnout permissions\` prints the policy for this config, and docs/permissions.md says what each is for.`;
  return { action, advice };
}
