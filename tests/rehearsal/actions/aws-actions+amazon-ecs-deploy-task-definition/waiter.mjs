// Asks again and again, ever more seldom, as the waiters of the AWS SDK do; their texts are what people see in a log.
import { sleep } from './shared/core.mjs';

const MIN_DELAY = 15; // seconds
const MAX_DELAY = 600;

// `check` answers {state: SUCCESS | FAILURE | RETRY, result}; a check that throws counts as RETRY.
export async function waitUntil(check, { minutes, maxDelay }) {
  const longest = maxDelay || MAX_DELAY;
  if (longest < MIN_DELAY) {
    const limits = `WaiterConfiguration.maxDelay [${longest}] must be greater than WaiterConfiguration.minDelay [${MIN_DELAY}]`;
    throw new Error(`${limits} for this waiter`);
  }
  const observedResponses = {};
  const end = Date.now() + minutes * 60_000;
  for (let attempt = 0; ; attempt += 1) {
    const pause = attempt && delay(attempt, longest * 1000, end);
    if (Date.now() + pause > end) {
      throw new Error(JSON.stringify({ state: 'TIMEOUT', observedResponses, reason: 'Waiter has timed out' }));
    }
    await sleep(pause);
    const { state, result, message } = await attemptOnce(check);
    observedResponses[message] = (observedResponses[message] ?? 0) + 1;
    if (state === 'SUCCESS') return;
    if (state === 'FAILURE') throw new Error(JSON.stringify({ state, reason: result, final: '[Circular]', observedResponses }));
  }
}

async function attemptOnce(check) {
  try {
    return { message: '200: OK', ...(await check()) };
  } catch (problem) {
    return { state: 'RETRY', message: problem.status ? `${problem.status}: ${problem.message}` : problem.message };
  }
}

// Milliseconds: a random part of 15, 30, 60 ... seconds up to the longest; the last look is shortly before the end.
function delay(attempt, longest, end) {
  const shortest = MIN_DELAY * 1000;
  if (attempt > Math.log2(longest / shortest) + 1) return longest;
  const pause = shortest + Math.random() * (Math.min(shortest * 2 ** (attempt - 1), longest) - shortest);
  return Date.now() + pause > end ? Math.max(0, end - Date.now() - 500) : pause;
}
