import type {
  CreateInstanceProfileRequest,
  DeleteInstanceProfileRequest,
  GetInstanceProfileRequest,
  InstanceProfile,
} from '@aws-sdk/client-iam';
import { ApiError, type Operation } from '../service.ts';

const CREATED = new Date('2026-01-01T00:00:00.000Z');

/** Instance profiles of the account, by name. They are empty: roles are only those of requests. */
export class InstanceProfiles {
  readonly #account: string;
  readonly #all = new Map<string, InstanceProfile>();
  #made = 0;

  constructor(account: string) {
    this.#account = account;
  }

  /** Throws `EntityAlreadyExists`. */
  create(name = ''): InstanceProfile {
    if (!/^[\w+=,.@-]{1,128}$/.test(name))
      throw new ApiError('ValidationError', `The specified value for instanceProfileName is invalid: ${name}`);
    if (this.#all.has(name)) throw new ApiError('EntityAlreadyExists', `Instance Profile ${name} already exists.`, 409);
    this.#made += 1;
    const profile = {
      Path: '/',
      InstanceProfileName: name,
      // Never given again, also not to one with the same name (IAM user guide, "Unique identifiers").
      InstanceProfileId: `AIPASANDBOX${String(this.#made).padStart(10, '0')}`,
      Arn: `arn:aws:iam::${this.#account}:instance-profile/${name}`,
      CreateDate: CREATED,
      Roles: [],
    };
    this.#all.set(name, profile);
    return profile;
  }

  /** Throws `NoSuchEntity`. */
  named(name = ''): InstanceProfile {
    const profile = this.#all.get(name);
    if (profile) return profile;
    throw new ApiError('NoSuchEntity', `Instance Profile ${name} cannot be found.`, 404);
  }

  delete(name: string | undefined): void {
    this.#all.delete(this.named(name).InstanceProfileName!);
  }

  find(wanted: (profile: InstanceProfile) => boolean): InstanceProfile | undefined {
    return this.all().find(wanted);
  }

  all(): readonly InstanceProfile[] {
    return [...this.#all.values()];
  }
}

export function profileOperations(profiles: InstanceProfiles): Readonly<Record<string, Operation>> {
  return {
    CreateInstanceProfile: ({ InstanceProfileName }: CreateInstanceProfileRequest) => {
      return { InstanceProfile: profiles.create(InstanceProfileName) };
    },
    DeleteInstanceProfile: ({ InstanceProfileName }: DeleteInstanceProfileRequest) => {
      profiles.delete(InstanceProfileName);
      return {};
    },
    GetInstanceProfile: ({ InstanceProfileName }: GetInstanceProfileRequest) => {
      return { InstanceProfile: profiles.named(InstanceProfileName) };
    },
    ListInstanceProfiles: () => ({ InstanceProfiles: profiles.all(), IsTruncated: false }),
  };
}
