// Asks the runner for an identity token of this job, as @actions/core's getIDToken does.
import { mask } from './shared/core.mjs';

export async function getIdToken(audience) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url) throw new Error('Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
  const answer = await ask(audience ? `${url}&audience=${encodeURIComponent(audience)}` : url, token);
  const body = await answer.json().catch(() => ({}));
  // The toolkit's client takes "not found" for an empty answer.
  if (!answer.ok && answer.status !== 404) throw failed(answer.status, body.message ?? `Failed request: (${answer.status})`);
  if (!body.value) throw new Error('Error message: Response json body do not have ID Token field');
  mask(body.value);
  return body.value;
}

async function ask(url, token) {
  try {
    return await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  } catch (problem) {
    throw failed(undefined, problem.cause?.message || problem.message);
  }
}

function failed(code, text) {
  return new Error(`Error message: Failed to get ID Token. \n \n        Error Code : ${code}\n \n        Error Message: ${text}`);
}
