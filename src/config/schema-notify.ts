import * as z from 'zod';
import { inMs, listOf, text, timeLimit, whole } from './values.ts';

/** Events that can be sent, in the order in which they happen. */
const NOTICES = ['started', 'approval', 'undoing', 'done', 'undone', 'failed', 'interrupted', 'refused'] as const;

const SECRET = 'where it is kept: { variable: SLACK_URL } or { file: ./slack-url }';

const secret = z
  .strictObject(
    {
      variable: text('the name of a variable', /^[A-Za-z_]\w*$/)
        .exactOptional()
        .describe('Environment variable that has it.'),
      file: text('the path of a file').exactOptional().describe('File that has it, relative to the project folder.'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? SECRET : undefined) },
  )
  .refine(({ variable, file }) => (variable === undefined) !== (file === undefined), { error: SECRET });

const target = z
  .strictObject({
    kind: z
      .enum(['slack', 'webhook'], { error: 'slack or webhook' })
      .default('webhook')
      .describe('slack: `{"text": ...}`, as Slack, Mattermost and Rocket.Chat take it. webhook: the notice as JSON.'),
    url: secret.describe('URL that is sent a POST; never in the config itself, and never shown.'),
    token: secret.exactOptional().describe('Sent as `Authorization: Bearer ...`.'),
    events: listOf(z.enum(NOTICES, { error: `one of ${NOTICES.join(', ')}` }), 'a list of events', 'at least one event')
      .default(['approval', 'undoing', 'done', 'undone', 'failed', 'interrupted'])
      .describe(`Events that are sent: ${NOTICES.join(', ')}. started: before the first step.`),
    timeout: timeLimit.prefault('5s').describe('Timeout of one attempt.'),
    retries: whole(0, 10).default(2).describe('Retries after no answer, or the status 429 or 5xx.'),
  })
  .transform(inMs('timeout'));

export const notifySection = z
  .array(target, { error: 'a list of webhooks' })
  .describe('Webhooks that get the events of runs. They delay no change and fail no run.');
