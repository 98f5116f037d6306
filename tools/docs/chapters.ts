/** The pages of the documentation, by chapter: the sidebar of the site, and `llms.txt`, the same for programs that read. */

export interface SitePage {
  /** From the root of the repository. */
  readonly file: string;
  /** In the sidebar. */
  readonly title: string;
  /** What it answers, in a sentence. */
  readonly about: string;
}

export interface Chapter {
  readonly title: string;
  readonly pages: readonly SitePage[];
}

const doc = (name: string, title: string, about: string): SitePage => ({ file: `docs/${name}.md`, title, about });

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Begin',
    pages: [
      { file: 'README.md', title: 'What it is', about: 'What turnout is for and what not, and how it compares.' },
      doc('getting-started', 'Getting started', 'From nothing to the first promote on your account.'),
      doc('releases', 'Ways to ship a release', 'Images, template versions, user data, deploys in place.'),
      doc('doctor', 'init and doctor', 'A config from the account, and everything that a deploy needs, checked.'),
    ],
  },
  {
    title: 'Traffic and fleets',
    pages: [
      doc('traffic', 'Kinds of traffic', 'How production moves: by target groups, listener weights or DNS weights.'),
      doc('weights', 'Switching by weights', 'Steps, listener rules, DNS names, and when the old servers may end.'),
      doc('fleets', 'Kinds of fleets', 'What a fleet is, its roles, and who launches its servers.'),
      doc('auto-scaling', 'Auto Scaling groups', 'Two groups that take turns, or a clone for each release.'),
      doc('rolling', 'Deploys in place', 'A release onto the servers that are there, in batches.'),
      doc('pull', 'Pull deploys', 'Instances fetch their releases from a bucket.'),
      doc('opsworks', 'OpsWorks layers', 'Layers of OpsWorks Stacks, for rehearsals only.'),
    ],
  },
  {
    title: 'Safety',
    pages: [
      doc('safety', 'Safety model', 'How the guarantees are kept, and what can still go wrong.'),
      doc('guarantees', 'Guarantees and exit codes', 'What never happens, and what each exit code means.'),
      doc('proof', 'Proof of a switch', 'Production says which release answers; green is warm; what clients saw.'),
      doc('gates', 'Gates', 'What judges a release while it gets production.'),
      doc('control', 'Approval, freezes, notifications', 'Who may deploy, when, and who is notified.'),
      doc('work', 'Work and data', 'Jobs that must not run twice, and whether data lets you go back.'),
      doc('store', 'One run at a time', 'The lease, the history, and the store that keeps them.'),
    ],
  },
  {
    title: 'Around it',
    pages: [
      doc('permissions', 'Permissions', 'The IAM actions that are needed, by kind.'),
      doc('terraform', 'Terraform', 'A complete environment, and what Terraform must ignore.'),
      doc('github-actions', 'CI', 'From a merge to production on GitHub and GitLab.'),
      doc('sandbox', 'The sandbox', 'A local AWS emulator for rehearsals and tests.'),
      doc('limits', 'Limits and cost', 'What it does not do, the numbers that limit it, what it costs.'),
      doc('speed', 'Speed', 'Measured times, against what cannot be avoided.'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      doc('commands', 'Commands', 'Every command and option, as `--help` has it.'),
      doc('config', 'Config', 'Every key of a config file.'),
      doc('json', 'JSON output', 'Every field of events and other lines of `--json`.'),
      doc('troubleshooting', 'Troubleshooting', 'Every code of a refusal or error, and what can be done.'),
      { file: 'SECURITY.md', title: 'Security', about: 'What the program can do, and how releases are signed.' },
      { file: 'CHANGELOG.md', title: 'Changelog', about: 'What has changed.' },
    ],
  },
  {
    title: 'Development',
    pages: [
      { file: 'ARCHITECTURE.md', title: 'Architecture', about: 'The map, the words, and what must never happen.' },
      {
        file: 'CONTRIBUTING.md',
        title: 'Contributing',
        about: 'How to add a task, a step, a kind of fleet or traffic.',
      },
      {
        file: 'src/sandbox/BEHAVIOUR.md',
        title: "AWS's behaviour",
        about: 'What is known of AWS that the sandbox follows, with sources.',
      },
    ],
  },
];

/** `llms.txt`: what there is to read, in the format of llmstxt.org. */
export function llmsText(): string {
  const chapters = CHAPTERS.map(({ title, pages }) =>
    [`## ${title}`, '', ...pages.map((page) => `- [${page.title}](${page.file}): ${page.about}`)].join('\n'),
  );
  return (
    [
      '# turnout',
      '> Moves production traffic from the old servers to the new ones, and back, without losing a request: a blue-green switcher for fleets of EC2 instances behind AWS load balancers.',
      ...chapters,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}
