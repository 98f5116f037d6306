import { ApiError } from '../service.ts';
import { decide, type Decided, type Authorization } from './decide.ts';
import { readPolicy, type PolicyDocument } from './document.ts';

/** An inline policy, as it was given and as it is evaluated. */
interface InlinePolicy {
  readonly text: string;
  readonly document: PolicyDocument;
}

export interface IamRole {
  readonly name: string;
  readonly id: string;
  readonly policies: Map<string, InlinePolicy>;
}

/** Who sends a request. */
export interface Caller {
  readonly role: IamRole;
  /** Of its session with that role. */
  readonly arn: string;
  readonly userId: string;
}

/** All inline policies of a role together, in characters without white space (IAM quotas). */
const POLICIES_MAX = 10_240;

/** With this access key requests are never limited; with any other one they are those of the role `turnout`. */
const ADMIN_KEY = 'admin';
const LIMITED = 'turnout';

export class Roles {
  readonly #account: string;
  readonly #all: ReadonlyMap<string, IamRole>;

  constructor(account: string) {
    this.#account = account;
    const roles = [LIMITED, ADMIN_KEY].map((name, index) => {
      return { name, id: `AROASANDBOX${String(index + 1).padStart(10, '0')}`, policies: new Map() };
    });
    this.#all = new Map(roles.map((role) => [role.name, role]));
  }

  callerOf(accessKey: string): Caller {
    const role = this.#all.get(accessKey === ADMIN_KEY ? ADMIN_KEY : LIMITED)!;
    const arn = `arn:aws:sts::${this.#account}:assumed-role/${role.name}/${accessKey}`;
    return { role, arn, userId: `${role.id}:${accessKey}` };
  }

  arnOf({ name }: IamRole): string {
    return `arn:aws:iam::${this.#account}:role/${name}`;
  }

  /** Throws `NoSuchEntity`. */
  named(name = ''): IamRole {
    const role = this.#all.get(name);
    if (role) return role;
    throw new ApiError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  }

  /** From now on the role may only do what its policies allow. Throws when the policy is not valid, or too long. */
  put({ policies, name: role }: IamRole, name: string, text: string): void {
    const document = readPolicy(text);
    const others = [...policies].filter(([other]) => other !== name).map(([, policy]) => policy.text);
    const size = [...others, text].reduce((sum, one) => sum + one.replaceAll(/\s/g, '').length, 0);
    if (size > POLICIES_MAX)
      throw new ApiError(
        'LimitExceeded',
        `Maximum policy size of ${POLICIES_MAX} bytes exceeded for role ${role}`,
        409,
      );
    policies.set(name, { text, document });
  }
}

/** Unlike on AWS, a role without policies may do everything, so that a sandbox works without any. */
export function decideFor({ name, policies }: IamRole, question: Authorization): Decided {
  if (name === ADMIN_KEY || policies.size === 0) return { verdict: 'allowed', matched: [] };
  return decide(
    [...policies.values()].map(({ document }) => document),
    question,
  );
}
