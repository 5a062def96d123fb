// Moves a service to a task definition and may wait until it is stable.
import { info, input, isTrue } from './shared/core.mjs';
import { waitUntil } from './waiter.mjs';

export async function updateService(context, service, taskDefinition) {
  const { ecs, cluster } = context;
  const which = { services: [service], cluster };
  const before = primary(await describeActive(ecs, which));
  const desiredCount = parseInt(input('desired-count'));
  const response = await ecs('UpdateService', {
    cluster,
    service,
    taskDefinition,
    forceNewDeployment: isTrue('force-new-deployment'),
    enableECSManagedTags: context.enableECSManagedTags,
    propagateTags: input('propagate-tags') || null,
    volumeConfigurations: [],
    desiredCount: Number.isNaN(desiredCount) ? null : desiredCount,
  });
  const after = primary(response.service);
  info(`Deployment started: ${after}`);
  if (!isTrue('wait-for-service-stability')) return;
  await waitUntil(() => stability(ecs, which), context.wait);
  if (after && after !== before) await verify(ecs, which, after);
}

async function describeActive(ecs, which) {
  const { services, failures } = await ecs('DescribeServices', which);
  if (failures?.length) throw new Error(`${failures[0].arn} is ${failures[0].reason}`);
  const [service] = services;
  if (service.status !== 'ACTIVE') throw new Error(`Service is ${service.status}`);
  const controller = service.deploymentController?.type || 'ECS';
  if (controller !== 'ECS') throw new Error(`Unsupported deployment controller: ${controller}`);
  return service;
}

function primary(service) {
  return service.deployments?.find((deployment) => deployment.status === 'PRIMARY')?.id ?? null;
}

// Stable means one deployment and as many tasks as desired: not that the rollout is completed.
async function stability(ecs, which) {
  const result = await ecs('DescribeServices', which);
  const services = result.services ?? [];
  const gone = services.some(({ status }) => status === 'DRAINING' || status === 'INACTIVE');
  if (gone || result.failures?.some(({ reason }) => reason === 'MISSING')) return { state: 'FAILURE', result };
  const stable = services.every((one) => one.deployments.length === 1 && one.runningCount === one.desiredCount);
  return { state: stable ? 'SUCCESS' : 'RETRY', result };
}

async function verify(ecs, which, id) {
  const { services } = await ecs('DescribeServices', which);
  const deployment = services[0].deployments?.find((one) => one.id === id);
  if (!deployment) {
    throw new Error(
      `Deployment ${id} not found after stabilization. The deployment was likely rolled back by the deployment circuit breaker.`,
    );
  }
  if (deployment.rolloutState === 'FAILED') {
    throw new Error(`Deployment ${id} FAILED: ${deployment.rolloutStateReason || 'unknown reason'}`);
  }
  info(`Deployment ${id} verified: rolloutState=${deployment.rolloutState || 'N/A'}`);
}
