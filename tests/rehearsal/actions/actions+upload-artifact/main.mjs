// Stand-in for actions/upload-artifact, which needs GitHub's storage: copies one file to where the rehearsal keeps what GitHub would.
// Without effect: 'archive', 'compression-level', 'include-hidden-files', 'retention-days', as nothing is packed or ever deleted.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { action, info, input, isTrue, required, setOutput } from './shared/core.mjs';

action(() => {
  const file = required('path');
  if (!existsSync(file)) {
    const text = `No files were found with the provided path: ${file}. No artifacts will be uploaded.`;
    if (input('if-no-files-found') === 'error') throw new Error(text);
    info(text);
    return;
  }
  const name = input('name');
  const { GITHUB_RUN_ID: run, GITHUB_REPOSITORY: repository, GITHUB_SERVER_URL: server } = process.env;
  const folder = path.join(process.env.REHEARSAL_GITHUB || process.env.RUNNER_TEMP, 'artifacts', run || 'run');
  const target = path.join(folder, name);
  if (existsSync(target) && !isTrue('overwrite')) throw new Error(`an artifact with this name already exists on the workflow run: ${name}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(file, target);
  const digest = createHash('sha256').update(readFileSync(target)).digest('hex');
  const id = String(parseInt(digest.slice(0, 8), 16));
  setOutput('artifact-id', id);
  setOutput('artifact-digest', digest);
  setOutput('artifact-url', `${server}/${repository}/actions/runs/${run}/artifacts/${id}`);
  info(`Kept as ${target}`);
});
