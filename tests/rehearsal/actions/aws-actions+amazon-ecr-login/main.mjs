// Stand-in for aws-actions/amazon-ecr-login: logs Docker in to private ECR registries.
// Not here: public registries and proxies.
import { call } from './shared/aws.mjs';
import { action, info, input, mask, refuse, saveState, setOutput, warning } from './shared/core.mjs';
import { docker } from './docker.mjs';

action(async () => {
  refuse('http-proxy');
  const type = input('registry-type').toLowerCase() || 'private';
  if (type === 'public') throw new Error("The stand-in does not know the registry type 'public'");
  if (type !== 'private') throw new Error("Invalid input for 'registry-type', possible options are [private, public]");
  const masked = input('mask-password').toLowerCase() !== 'false';
  if (!masked) {
    warning(
      'Your docker password is not masked. See https://github.com/aws-actions/amazon-ecr-login#docker-credentials for more information.',
    );
  }
  const loggedIn = [];
  try {
    const data = await authorizations();
    for (const { authorizationToken, proxyEndpoint } of data) {
      const registry = proxyEndpoint.replace(/^https?:\/\//, '');
      if (data.length === 1) setOutput('registry', registry);
      logIn(registry, authorizationToken, proxyEndpoint, masked);
      loggedIn.push(registry);
    }
  } finally {
    if (loggedIn.length && input('skip-logout').toLowerCase() !== 'true') saveState('registries', loggedIn.join());
  }
});

async function authorizations() {
  const ids = input('registries');
  const { authorizationData: data } = await call('ecr', 'GetAuthorizationToken', ids ? { registryIds: ids.split(',') } : {});
  if (!Array.isArray(data)) throw new Error('Amazon ECR authorization token is invalid');
  if (!data.length) throw new Error('Amazon ECR authorization token does not contain any authorization data');
  return data;
}

function logIn(registry, token, endpoint, masked) {
  info(`Logging into registry ${registry}`);
  const [user, password] = Buffer.from(token, 'base64').toString('utf-8').split(':', 2);
  const { failed, errors } = docker('login', '-u', user, '-p', password, endpoint);
  if (failed) throw new Error(`Could not login to registry ${registry}: ${errors}`);
  if (masked) mask(password);
  const suffix = registry.replace(/[^a-zA-Z0-9_]+/g, '_');
  setOutput(`docker_username_${suffix}`, user);
  setOutput(`docker_password_${suffix}`, password);
}
