import type {
  DeleteRolePolicyRequest,
  GetRolePolicyRequest,
  GetRoleRequest,
  ListRolePoliciesRequest,
  PutRolePolicyRequest,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { ApiError, type Call, type Operation, type Service } from '../service.ts';
import { decideFor, Roles, type Caller } from './roles.ts';
import { denialText } from './denial.ts';
import type { Inventory } from './inventory.ts';
import { profileOperations, type InstanceProfiles } from './profiles.ts';
import { authorizationsOf } from './requests/index.ts';
import { simulate } from './simulate.ts';

/** The IAM actions of a service have this prefix where it is not the service's id. */
const PREFIXES: Readonly<Record<string, string>> = { elbv2: 'elasticloadbalancing', elb: 'elasticloadbalancing' };

/** Identity and Access Management and the Security Token Service, as far as src/sandbox/BEHAVIOUR.md says. */
export interface EmulatedIam {
  readonly services: readonly Service[];
  /** Puts an inline policy on the role of all requests. Throws `ApiError` when it is not valid. */
  putPolicy(name: string, text: string): void;
  /** Why the request is denied; undefined where it is allowed. */
  readonly denial: (
    accessKey: string,
    request: { readonly service: string; readonly operation: string; readonly input: object },
  ) => string | undefined;
}

export function createIam(inventory: Inventory, profiles: InstanceProfiles): EmulatedIam {
  const roles = new Roles(inventory.account);
  return {
    services: [
      { id: 'iam', operations: { ...iamOperations(roles), ...profileOperations(profiles) }, close: async () => {} },
      { id: 'sts', operations: stsOperations(roles, inventory), close: async () => {} },
    ],
    putPolicy: (name, text) => roles.put(roles.callerOf('').role, name, text),
    denial: (accessKey, { service, operation, input }) => {
      const { role, arn } = roles.callerOf(accessKey);
      const prefix = PREFIXES[service] ?? service;
      for (const question of authorizationsOf(prefix, operation, input, inventory)) {
        const decided = decideFor(role, question);
        if (decided.verdict !== 'allowed') return denialText(arn, question, decided);
      }
      return undefined;
    },
  };
}

const CREATED = new Date('2026-01-01T00:00:00.000Z');

function iamOperations(roles: Roles): Readonly<Record<string, Operation>> {
  return {
    GetRole: ({ RoleName }: GetRoleRequest) => {
      const role = roles.named(RoleName);
      const Arn = roles.arnOf(role);
      return { Role: { Path: '/', RoleName: role.name, RoleId: role.id, Arn, CreateDate: CREATED } };
    },
    ListRolePolicies: ({ RoleName }: ListRolePoliciesRequest) => {
      return { PolicyNames: [...roles.named(RoleName).policies.keys()], IsTruncated: false };
    },
    GetRolePolicy: ({ RoleName, PolicyName = '' }: GetRolePolicyRequest) => {
      const { text } = policyOf(roles, RoleName, PolicyName);
      // IAM API, GetRolePolicy: "URL-encoded compliant with RFC 3986".
      return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(text) };
    },
    PutRolePolicy: ({ RoleName, PolicyName = '', PolicyDocument = '' }: PutRolePolicyRequest) => {
      roles.put(roles.named(RoleName), PolicyName, PolicyDocument);
      return {};
    },
    DeleteRolePolicy: ({ RoleName, PolicyName = '' }: DeleteRolePolicyRequest) => {
      policyOf(roles, RoleName, PolicyName);
      roles.named(RoleName).policies.delete(PolicyName);
      return {};
    },
    SimulatePrincipalPolicy: (input: SimulatePrincipalPolicyRequest) => {
      const [, name] = /^arn:aws:iam::\d+:role\/(?:.*\/)?([^/]+)$/.exec(input.PolicySourceArn ?? '') ?? [];
      if (name === undefined)
        throw new ApiError(
          'InvalidInput',
          `Invalid Entity Arn: ${input.PolicySourceArn} does not clearly define entity type and name.`,
        );
      return simulate(roles.named(name), input);
    },
  };
}

function policyOf(roles: Roles, role: string | undefined, name: string) {
  const policy = roles.named(role).policies.get(name);
  if (policy) return policy;
  throw new ApiError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404);
}

function stsOperations(roles: Roles, { account }: Inventory): Readonly<Record<string, Operation>> {
  return {
    GetCallerIdentity: (_input: object, call?: Call) => {
      const { arn, userId }: Caller = roles.callerOf(call?.accessKey ?? '');
      return { Account: account, Arn: arn, UserId: userId };
    },
  };
}
