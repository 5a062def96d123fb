// Runs a one-off task of the new definition, outside of the service, and may wait for its end.
import { randomUUID } from 'node:crypto';
import { info, input, isTrue, setOutput } from './shared/core.mjs';
import { waitUntil } from './waiter.mjs';

export async function runTask({ ecs, cluster, enableECSManagedTags, wait }, taskDefinition) {
  info('Running task');
  const strategy = JSON.parse(input('run-task-capacity-provider-strategy') || '[]');
  const response = await ecs('RunTask', {
    startedBy: input('run-task-started-by') || 'GitHub-Actions',
    cluster,
    taskDefinition,
    overrides: { containerOverrides: JSON.parse(input('run-task-container-overrides') || '[]') },
    capacityProviderStrategy: strategy.length ? strategy : null,
    launchType: strategy.length ? null : input('run-task-launch-type') || 'FARGATE',
    networkConfiguration: networkConfiguration(),
    enableECSManagedTags,
    tags: JSON.parse(input('run-task-tags') || '[]'),
    volumeConfigurations: [],
    clientToken: randomUUID(),
  });
  const tasks = response.tasks.map((task) => task.taskArn);
  setOutput('run-task-arn', tasks);
  const [failure] = response.failures ?? [];
  if (failure) throw new Error(`${failure.arn} is ${failure.reason}`);
  if (isTrue('wait-for-task-stopped')) await waitForSuccess(ecs, { cluster, tasks }, wait);
}

function networkConfiguration() {
  const subnets = input('run-task-subnets');
  const groups = input('run-task-security-groups');
  if (!subnets && !groups) return null;
  const awsvpcConfiguration = { assignPublicIp: input('run-task-assign-public-IP') || 'DISABLED' };
  if (subnets) awsvpcConfiguration.subnets = subnets.split(',');
  if (groups) awsvpcConfiguration.securityGroups = groups.split(',');
  return { awsvpcConfiguration };
}

async function waitForSuccess(ecs, which, wait) {
  info(`Waiting for tasks to stop. Will wait for ${wait.minutes} minutes`);
  await waitUntil(async () => {
    const result = await ecs('DescribeTasks', which);
    const stopped = result.tasks?.length && result.tasks.every((task) => task.lastStatus === 'STOPPED');
    return { state: stopped ? 'SUCCESS' : 'RETRY', result };
  }, wait);
  info('All tasks have stopped.');
  const { tasks } = await ecs('DescribeTasks', which);
  const failed = tasks.flatMap((task) => task.containers).filter((container) => container.exitCode !== 0);
  if (failed.length) throw new Error(`Run task failed: ${JSON.stringify(failed.map((container) => container.reason))}`);
}
