// After the job: empties what the step exported, so that nothing else can use the credentials.
import { action, exportVariable, input } from './shared/core.mjs';

action(() => {
  if (input('output-env-credentials').toLowerCase() === 'false') return;
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_REGION', 'AWS_REGION'];
  names.forEach((name) => exportVariable(name, ''));
});
