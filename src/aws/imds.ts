import { messageOf, OperatorError } from '../errors.ts';

/** Link-local address of the instance metadata service (EC2 user guide). The SDK reads the same environment variable. */
const ENDPOINT = 'http://169.254.169.254';
const TIMEOUT_MS = 2000;
const TTL_S = '60';

/**
 * Id of the instance that this process runs on, from its metadata service (IMDSv2, which needs a session token).
 * @param instead what to do where there is no such service
 * @throws OperatorError `no-instance` when the service cannot be reached, for example on a laptop
 */
export async function ownInstanceId(
  env: NodeJS.ProcessEnv,
  instead = 'Name the instance instead of --self.',
): Promise<string> {
  const endpoint = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || ENDPOINT).replace(/\/$/, '');
  try {
    const token = await ask(`${endpoint}/latest/api/token`, 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': TTL_S });
    const id = await ask(`${endpoint}/latest/meta-data/instance-id`, 'GET', { 'x-aws-ec2-metadata-token': token });
    return id.trim();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new OperatorError(
      'no-instance',
      `This machine is not an EC2 instance, or its metadata service is off: ${messageOf(cause)}.`,
      {
        next: [instead, 'In a container, set the hop limit of the metadata service to 2.'],
      },
    );
  }
}

async function ask(url: string, method: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}
