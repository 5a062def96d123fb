// Stand-in for aws-actions/configure-aws-credentials: a role for the job, by OpenID Connect only.
// Not here: access keys, profiles, role chaining, token files, proxies. Without effect, as with the real action when it
// uses OpenID Connect: 'role-external-id', 'role-skip-session-tagging', 'transitive-tag-keys', 'custom-tags'.
import { call, element } from './shared/aws.mjs';
import { action, exportVariable, info, input, lines, mask, refuse, required, setFailed, setOutput, split } from './shared/core.mjs';
import { getIdToken } from './oidc.mjs';
import { withRetry } from './retry.mjs';

action(async () => {
  refuse('aws-access-key-id', 'aws-secret-access-key', 'aws-session-token', 'aws-profile', 'overwrite-aws-profile');
  refuse('web-identity-token-file', 'role-chaining', 'force-skip-oidc', 'use-existing-credentials');
  refuse('http-proxy', 'no-proxy', 'sts-endpoint', 'special-characters-workaround');
  const region = required('aws-region');
  failAfter(parseInt(input('action-timeout-s')) || 0);
  const sessionName = input('role-session-name') || 'GitHubActions';
  check(region, sessionName);
  const toEnvironment = boolean('output-env-credentials', true);
  const send = toEnvironment ? exportVariable : () => {};
  if (boolean('unset-current-credentials', false)) {
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].forEach((name) => send(name, ''));
  }
  process.env.AWS_REGION = region;
  send('AWS_DEFAULT_REGION', region);
  send('AWS_REGION', region);

  const token = await idToken();
  const role = await withRetry(() => assumeRole(input('role-to-assume'), sessionName, token), 'AssumeRole');
  info(`Authenticated as assumedRoleId ${role.assumedRoleId}`);
  handOut(role, send);
  const identity = await withRetry(() => callerIdentity(role), 'validateCredentials');
  checkAccount(identity.account);
  if (toEnvironment) handOutIdentity(identity);
});

function failAfter(seconds) {
  const fail = () => {
    setFailed(`Action timed out after ${seconds} seconds`);
    process.exit(1);
  };
  if (seconds > 0) setTimeout(fail, seconds * 1000).unref();
}

function boolean(name, otherwise) {
  const value = input(name);
  if (['true', 'True', 'TRUE'].includes(value)) return true;
  if (['false', 'False', 'FALSE'].includes(value)) return false;
  if (value === '') return otherwise;
  const accepted = 'Support boolean input list: `true | True | TRUE | false | False | FALSE`';
  throw new Error(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n${accepted}`);
}

function check(region, name) {
  if (!/^[a-z0-9-]+$/.test(region)) throw new Error(`Region is not valid: ${region}`);
  if (name.length < 2 || name.length > 64) {
    throw new Error(`Role session name must be between 2 and 64 characters, got ${name.length}: '${name}'`);
  }
  if (!/^[\w+=,.@-]*$/.test(name)) {
    throw new Error(`Role session name is not valid: '${name}'. Must satisfy regular expression pattern: [\\w+=,.@-]*`);
  }
}

async function idToken() {
  const role = input('role-to-assume');
  if (!role || !process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN) {
    if (role) info('It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?');
    throw new Error('Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers');
  }
  try {
    return await withRetry(() => getIdToken(input('audience')), 'getIDToken');
  } catch (problem) {
    throw new Error(`getIDToken call failed: ${problem.message}`);
  }
}

async function assumeRole(role, sessionName, token) {
  info('Assuming role with OIDC');
  const policies = lines('managed-session-policies');
  const wanted = {
    RoleArn: role,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
    DurationSeconds: String(parseInt(input('role-duration-seconds')) || 3600),
    ...(input('inline-session-policy') && { Policy: input('inline-session-policy') }),
    ...Object.fromEntries(policies.map((arn, index) => [`PolicyArns.member.${index + 1}.arn`, arn])),
  };
  try {
    const xml = await call('sts', 'AssumeRoleWithWebIdentity', wanted, { credentials: null });
    const [id, secret, token] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) => element(xml, name));
    return { id, secret, token, expiration: new Date(element(xml, 'Expiration')), assumedRoleId: element(xml, 'AssumedRoleId') };
  } catch (problem) {
    throw new Error(`Could not assume role with OIDC: ${problem.message}`);
  }
}

function handOut({ id, secret, token, expiration }, send) {
  [id, secret, token].forEach(mask);
  send('AWS_ACCESS_KEY_ID', id);
  send('AWS_SECRET_ACCESS_KEY', secret);
  send('AWS_SESSION_TOKEN', token);
  if (!boolean('output-credentials', false)) return;
  setOutput('aws-access-key-id', id);
  setOutput('aws-secret-access-key', secret);
  setOutput('aws-session-token', token);
  setOutput('aws-expiration', expiration);
}

async function callerIdentity(credentials) {
  try {
    const xml = await call('sts', 'GetCallerIdentity', {}, { credentials });
    return { account: element(xml, 'Account'), arn: element(xml, 'Arn') };
  } catch (problem) {
    throw new Error(`Credentials could not be loaded, please check your action inputs: ${problem.message}`);
  }
}

function checkAccount(account) {
  const allowed = split(input('allowed-account-ids'));
  if (!allowed.length || allowed.includes(account)) return;
  const expected = `does not match any of the expected account IDs: ${allowed.join(', ')}`;
  throw new Error(`The account ID of the provided credentials (${account}) ${expected}`);
}

function handOutIdentity({ account, arn }) {
  if (boolean('mask-aws-account-id', false)) [account, arn].forEach(mask);
  setOutput('aws-account-id', account);
  setOutput('authenticated-arn', arn);
}
