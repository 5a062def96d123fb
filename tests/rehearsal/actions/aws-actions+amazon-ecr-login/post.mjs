// After the job: logs Docker out of every registry that the step logged in to.
import { action, error, getState, info, split } from './shared/core.mjs';
import { docker } from './docker.mjs';

action(() => {
  const failed = split(getState('registries')).filter((registry) => !loggedOut(registry));
  if (failed.length) throw new Error(`Failed to logout: ${failed.join(',')}`);
});

function loggedOut(registry) {
  info(`Logging out of registry ${registry}`);
  const { failed, errors } = docker('logout', registry);
  if (failed) error(`Could not logout of registry ${registry}: ${errors}`);
  return !failed;
}
