// Retries with the real action's back-off: 12 attempts, each pause random up to 50 ms, 100 ms, ... 102 s.
import { info, input, sleep } from './shared/core.mjs';

export async function withRetry(attempt, label) {
  const attempts = Math.max(1, parseInt(input('retry-max-attempts')) || 12);
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (problem) {
      if (input('disable-retry').toLowerCase() === 'true') throw problem;
      const pause = Math.random() * 50 * 2 ** (number - 1);
      info(`Retry ${label}: attempt ${number} of ${attempts} failed: ${problem.message}. Retrying after ${Math.floor(pause)}ms.`);
      await sleep(pause);
      if (number < attempts) continue;
      info(`Retry ${label}: reached max retries (${attempts}); giving up.`);
      throw problem;
    }
  }
}
