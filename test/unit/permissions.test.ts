import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** As IAM calls the services, by the modules of `src/aws` that talk to them. */
const SERVICES: Readonly<Record<string, string>> = {
  elbv2: 'elasticloadbalancing',
  standby: 'autoscaling',
  refreshes: 'autoscaling',
  'dynamodb-item': 'dynamodb',
};

/** The commands of the SDK that a module sends: `SendCommandCommand` is SendCommand's. */
async function actionsOf(file: string): Promise<readonly string[]> {
  const text = await readFile(path.join(root, 'src/aws', file), 'utf8');
  const service = path.basename(file, '.ts');
  const sent = [...text.matchAll(/new sdk\.(\w+)Command\(/g)];
  // HEAD needs the permission of GET (S3 user guide, "Required permissions for Amazon S3 API operations").
  return sent.map(
    ([, action = '']) => `${SERVICES[service] ?? service}:${action.replace(/^HeadObject$/, 'GetObject')}`,
  );
}

test('docs/permissions.md says what every request needs, and nothing that no request does', async () => {
  const files = await readdir(path.join(root, 'src/aws'));
  const sent = (await Promise.all(files.map(actionsOf))).flat();
  const text = await readFile(path.join(root, 'docs/permissions.md'), 'utf8');
  const said = new Set(
    text.match(/\b(?:autoscaling|ec2|iam|elasticloadbalancing|route53|cloudwatch|s3|ssm|opsworks|dynamodb):[A-Z]\w+/g),
  );
  // No requests of their own: a launch needs the one, and a rule with tags the other.
  said.delete('iam:PassRole');
  said.delete('elasticloadbalancing:AddTags');
  expect(sent.length).toBeGreaterThan(40);
  expect([...said].toSorted()).toEqual([...new Set(sent)].toSorted());
});
