/** A deploy script for the sandbox: restarts the app of the given instance with the given release. */
const { TURNOUT_INSTANCE: instance, TURNOUT_RELEASE: release, AWS_ENDPOINT_URL: endpoint } = process.env;

const answer = await fetch(`${endpoint}/_turnout/deploy`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ instance, release }),
});
process.stdout.write(answer.ok ? `${instance} runs ${release}\n` : `${await answer.text()}\n`);
process.exitCode = answer.ok ? 0 : 1;
