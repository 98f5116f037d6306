import { randomBytes } from 'node:crypto';
import type { Decided, Authorization } from './decide.ts';

/** Why a request is denied, in AWS's words (IAM user guide, "Troubleshoot access denied error messages"). */
export function denialText(caller: string, { action, resource, says }: Authorization, { verdict }: Decided): string {
  if (says !== undefined) return says;
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const why =
    verdict === 'explicitDeny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${caller} is not authorized to perform: ${action}${on} ${why}`;
}

/** EC2's own form of it; the encoded message is of no use without `sts:DecodeAuthorizationMessage`. */
export function ec2DenialText(text: string): string {
  const encoded = randomBytes(120).toString('base64url');
  return `You are not authorized to perform this operation. ${text}. Encoded authorization failure message: ${encoded}`;
}
