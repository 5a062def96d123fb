// Calls AWS without an SDK: the JSON and Query protocols, Signature Version 4, retries.
// Honours AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL, and credentials from the environment.
import { createHash, createHmac } from 'node:crypto';
import { sleep } from './core.mjs';

const SERVICES = {
  ecr: { host: 'api.ecr', target: 'AmazonEC2ContainerRegistry_V20150921' },
  ecs: { host: 'ecs', target: 'AmazonEC2ContainerServiceV20141113' },
  sts: { host: 'sts', version: '2011-06-15' },
};
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded/;

// What AWS answered instead of a result; without a status it did not answer at all.
class AwsError extends Error {
  constructor(message, { code = '', status } = {}) {
    super(message);
    Object.assign(this, { name: code || 'AwsError', code, status });
  }
}

function environmentCredentials() {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  if (!id || !secret) throw new Error('Could not load credentials from any providers');
  return { id, secret, token };
}

// One call. JSON services answer an object, Query services their XML text; credentials: null sends it unsigned.
export async function call(service, action, body = {}, { credentials, attempts = 3 } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(service, action, body, credentials);
    } catch (problem) {
      const throttled = THROTTLED.test(problem.code) || problem.status === 429;
      const passing = problem instanceof AwsError && (!problem.status || [500, 502, 503, 504].includes(problem.status));
      if (attempt >= attempts || !(throttled || passing)) throw problem;
      await sleep(Math.random() * Math.min(20_000, (throttled ? 500 : 100) * 2 ** (attempt - 1)));
    }
  }
}

async function once(service, action, body, credentials) {
  const { host, target, version } = SERVICES[service];
  const region = process.env.AWS_REGION;
  if (!region) throw new Error('Region is missing');
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || process.env.AWS_ENDPOINT_URL;
  const url = new URL(own || `https://${host}.${region}.amazonaws.com`);
  const text = target ? JSON.stringify(body) : new URLSearchParams({ ...body, Action: action, Version: version }).toString();
  const headers = target
    ? { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${target}.${action}` }
    : { 'content-type': 'application/x-www-form-urlencoded' };
  if (credentials !== null) {
    Object.assign(headers, sign({ url, headers, text, region, service, ...(credentials ?? environmentCredentials()) }));
  }
  let answer;
  let answered;
  try {
    answer = await fetch(url, { method: 'POST', headers, body: text });
    answered = await answer.text();
  } catch (problem) {
    throw new AwsError(problem.cause?.message || problem.message);
  }
  if (!answer.ok) throw target ? jsonError(answered, answer.status) : xmlError(answered, answer.status);
  return target ? JSON.parse(answered) : answered;
}

function jsonError(text, status) {
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy in between may answer a page: the status says enough.
  }
  const code = String(body.__type ?? '').replace(/.*#/, '');
  return new AwsError(body.message ?? body.Message ?? 'UnknownError', { code, status });
}

function xmlError(text, status) {
  return new AwsError(element(text, 'Message') || 'UnknownError', { code: element(text, 'Code'), status });
}

// The text of the first element of this name in an XML answer.
export function element(xml, name) {
  const found = xml.match(new RegExp(`<${name}>([^<]*)</${name}>`));
  const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  const character = (_, entity) => entities[entity] ?? String.fromCodePoint(Number(entity.replace('#', '').replace('x', '0x')));
  return (found?.[1] ?? '').replace(/&(lt|gt|quot|apos|amp|#\d+|#x[0-9a-fA-F]+);/g, character);
}

// The headers that sign a request: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
function sign({ url, headers, text, region, service, id, secret, token }) {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${now.slice(0, 8)}/${region}/${service}/aws4_request`;
  const extra = { 'x-amz-date': now, ...(token && { 'x-amz-security-token': token }) };
  const signed = Object.entries({ ...headers, ...extra, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const request = ['POST', url.pathname, url.search.slice(1), lines, names, sha256(text)].join('\n');
  const key = scope.split('/').reduce((from, part) => hmac(from, part), `AWS4${secret}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', now, scope, sha256(request)].join('\n')).toString('hex');
  return { ...extra, authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}` };
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
