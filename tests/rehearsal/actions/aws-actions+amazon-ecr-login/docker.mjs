// Runs the docker client of PATH quietly; DOCKER_CONFIG and DOCKER_HOST reach it through the environment.
import { spawnSync } from 'node:child_process';

export function docker(...words) {
  const { error, status, stderr } = spawnSync('docker', words, { encoding: 'utf-8' });
  if (error?.code === 'ENOENT') throw new Error('Unable to locate executable file: docker');
  return { failed: status !== 0, errors: stderr };
}
