/** What GitHub needs for an environment: docs/github-actions.md has the same texts, and explains them. Pure. */

export interface WorkflowFor {
  readonly account: string;
  readonly region: string;
  /** The config's path in the repository. */
  readonly config: string;
  /** Of this program: what the jobs install. */
  readonly version: string;
}

/** Where it is written in a repository. */
export const WORKFLOW_FILE = '.github/workflows/deploy.yml';

const WORKFLOW = `name: deploy
on:
  push: { branches: [main] }

# Beside the lease: of several merges only the newest waits. A run in progress is not cancelled.
concurrency: { group: production, cancel-in-progress: false }

permissions: { contents: read, id-token: write }

env:
  RELEASE: \${{ github.sha }}
  ROLE: arn:aws:iam::<account>:role/turnout-deploy
  TURNOUT_CONFIG: <config>

jobs:
  up:
    runs-on: ubuntu-latest
    outputs: { test-url: '\${{ steps.turnout.outputs.test-url }}' }
    steps:
      - uses: actions/checkout@v6
      - uses: aws-actions/configure-aws-credentials@v6
        with: { role-to-assume: '\${{ env.ROLE }}', aws-region: <region> }
      - id: turnout
        uses: YOUR-ORG/turnout@COMMIT
        with:
          package: turnout@<version>
          command: up --release \${{ env.RELEASE }} --yes --wait 15m

  smoke:
    needs: up
    runs-on: ubuntu-latest
    steps:
      - run: curl --fail --retry 5 --retry-all-errors "\${URL}health"
        env: { URL: '\${{ needs.up.outputs.test-url }}' }

  promote:
    needs: smoke
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v6
      - uses: aws-actions/configure-aws-credentials@v6
        with: { role-to-assume: '\${{ env.ROLE }}', aws-region: <region> }
      - uses: YOUR-ORG/turnout@COMMIT
        with:
          package: turnout@<version>
          command: promote --release \${{ env.RELEASE }} --yes --wait 15m

  cleanup:
    needs: promote
    runs-on: ubuntu-latest
    environment: production-cleanup
    steps:
      - uses: actions/checkout@v6
      - uses: aws-actions/configure-aws-credentials@v6
        with: { role-to-assume: '\${{ env.ROLE }}', aws-region: <region> }
      - uses: YOUR-ORG/turnout@COMMIT
        with:
          package: turnout@<version>
          command: cleanup --keep \${{ env.RELEASE }} --yes --wait 15m

  # Servers that failed their test, or that were not approved, are terminated.
  discard:
    needs: [up, smoke, promote]
    if: \${{ !cancelled() && needs.up.result == 'success' && (needs.smoke.result == 'failure' || needs.promote.result == 'failure') }}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: aws-actions/configure-aws-credentials@v6
        with: { role-to-assume: '\${{ env.ROLE }}', aws-region: <region> }
      - uses: YOUR-ORG/turnout@COMMIT
        with:
          package: turnout@<version>
          command: cleanup --discard --release \${{ env.RELEASE }} --yes --wait 15m

  # A cancelled job may have stopped half-way: this shows where things are, and which commands go on or back.
  cancelled:
    needs: [up, promote, cleanup]
    if: \${{ cancelled() }}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: aws-actions/configure-aws-credentials@v6
        with: { role-to-assume: '\${{ env.ROLE }}', aws-region: <region> }
      - uses: YOUR-ORG/turnout@COMMIT
        with:
          package: turnout@<version>
          command: status
`;

/** From a merge to production: up, a smoke test, an approval, promote, cleanup. */
export function workflowText(at: WorkflowFor): string {
  return WORKFLOW.replaceAll(/<(account|region|config|version)>/g, (_, key: keyof WorkflowFor) => at[key]);
}

/** The jobs' environments, which are in the subject of their tokens. */
const ENVIRONMENTS = ['production', 'production-cleanup'];
const ISSUER = 'token.actions.githubusercontent.com';

/** Who may assume the role: jobs of the repository's main branch, and of its environments (GitHub, OpenID Connect reference, subject claims). */
export function trustPolicy(account: string, repository: string): object {
  const subjects = ['ref:refs/heads/main', ...ENVIRONMENTS.map((name) => `environment:${name}`)];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${ISSUER}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${ISSUER}:aud`]: 'sts.amazonaws.com',
            [`${ISSUER}:sub`]: subjects.map((subject) => `repo:${repository}:${subject}`),
          },
        },
      },
    ],
  };
}
