// Stand-in for aws-actions/amazon-ecs-deploy-task-definition: registers a task definition, runs a task, deploys a service.
// It makes the same calls in the same order and fails in the same words. Not here: CodeDeploy and managed EBS volumes.
import { call } from './shared/aws.mjs';
import { action, input, isTrue, refuse, required, setFailed, setOutput } from './shared/core.mjs';
import { readDefinition } from './definition.mjs';
import { updateService } from './service.mjs';
import { runTask } from './task.mjs';

const MAX_WAIT_MINUTES = 360;

action(async () => {
  refuse('codedeploy-appspec', 'codedeploy-application', 'codedeploy-deployment-group');
  refuse('codedeploy-deployment-description', 'codedeploy-deployment-config');
  refuse('service-managed-ebs-volume-name', 'service-managed-ebs-volume');
  refuse('run-task-managed-ebs-volume-name', 'run-task-managed-ebs-volume');
  const file = required('task-definition');
  const managedTags = input('enable-ecs-managed-tags');
  const attempts = parseInt(input('max-retries')) || 3;
  const context = {
    ecs: (name, body) => call('ecs', name, withoutNulls(body), { attempts }),
    cluster: input('cluster') || 'default',
    enableECSManagedTags: managedTags ? managedTags.toLowerCase() === 'true' : null,
    wait: {
      minutes: Math.min(parseInt(input('wait-for-minutes')) || 30, MAX_WAIT_MINUTES),
      maxDelay: input('wait-max-delay-seconds') ? parseInt(input('wait-max-delay-seconds')) : null,
    },
  };
  const taskDefinition = await register(context.ecs, readDefinition(file, input('keep-null-value-keys')));
  setOutput('task-definition-arn', taskDefinition);
  if (isTrue('run-task')) await runTask(context, taskDefinition);
  if (input('service')) await updateService(context, input('service'), taskDefinition);
});

async function register(ecs, definition) {
  try {
    const { taskDefinition } = await ecs('RegisterTaskDefinition', definition);
    return taskDefinition.taskDefinitionArn;
  } catch (problem) {
    setFailed(`Failed to register task definition in ECS: ${problem.message}`);
    throw problem;
  }
}

function withoutNulls(body) {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));
}
