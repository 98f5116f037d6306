import type { Config } from '../config/config.ts';
import { locationOfArn } from '../domain/location.ts';
import { OperatorError } from '../errors.ts';
import type { TrafficPort } from './traffic.ts';

/** The same way of moving traffic; each reading is refused when the target groups are not in the account of the config. */
export function inAccount<T extends Pick<TrafficPort, 'read'>>(
  port: T,
  config: Pick<Config, 'account' | 'profile' | 'file'>,
): T {
  return {
    ...port,
    read: async (names?: readonly string[]) => {
      const reading = await port.read(names);
      const accounts = reading.pools.flatMap(({ arn }) => locationOfArn(arn)?.account ?? []);
      const other = accounts.find((account) => account !== config.account);
      if (other !== undefined && config.account !== undefined) throw otherAccount(config.account, other, config);
      return reading;
    },
  };
}

function otherAccount(wanted: string, account: string, { profile, file }: Pick<Config, 'profile' | 'file'>): Error {
  const whose = `These credentials (${credentialsText(profile)}) are of account ${account}`;
  return new OperatorError('other-account', `${whose}; \`account\` in ${file} is ${wanted}.`, {
    next: [
      `Use credentials of account ${wanted}: set AWS_PROFILE, or \`profile\` in the config, to a profile of that account.`,
      `If account ${account} is meant, use a config file of that account, or correct \`account\` in ${file}.`,
    ],
  });
}

/** What the SDK takes first (AWS SDK for JavaScript, setting credentials in Node.js). */
function credentialsText(profile: string | undefined): string {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID } = process.env;
  if (profile !== undefined) return `\`profile: ${profile}\` of the config`;
  if (AWS_PROFILE) return `AWS_PROFILE=${AWS_PROFILE}`;
  return AWS_ACCESS_KEY_ID ? 'AWS_ACCESS_KEY_ID of this shell' : 'the default ones of this machine';
}
