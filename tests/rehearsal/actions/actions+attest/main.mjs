// Stand-in for actions/attest, which needs GitHub and Sigstore: writes down what it would attest, and signs nothing.
// Without effect: 'github-token', as there is no GitHub to sign in to.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { action, info, input, isTrue, refuse, setOutput, summarise } from './shared/core.mjs';

const PROVENANCE = 'https://slsa.dev/provenance/v1';

action(() => {
  refuse('subject-path', 'subject-checksums', 'subject-version');
  const name = input('subject-name');
  const digest = input('subject-digest');
  if (!name || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error("The stand-in attests images: it needs 'subject-name' and 'subject-digest' (sha256:...)");
  }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: digest.slice('sha256:'.length) } }],
    ...predicate(),
  };
  const text = JSON.stringify(statement);
  const id = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const bundle = path.join(process.env.RUNNER_TEMP, `attestation-${id}.json`);
  writeFileSync(bundle, text);
  if (process.env.REHEARSAL_GITHUB) {
    // Where the rehearsal's `gh` looks.
    const folder = path.join(process.env.REHEARSAL_GITHUB, 'attestations');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${id}.json`), text);
  }
  setOutput('attestation-id', id);
  setOutput('attestation-url', `${process.env.GITHUB_SERVER_URL}/${process.env.GITHUB_REPOSITORY}/attestations/${id}`);
  setOutput('bundle-path', bundle);
  // Storage records are made for an image that is also pushed to its registry.
  if (isTrue('push-to-registry') && isTrue('create-storage-record')) setOutput('storage-record-ids', id);
  info(`Not signed: ${statement.predicateType} of ${name}@${digest}`);
  if (input('show-summary') !== 'false') {
    summarise(`### Attestation (stand-in, not signed)\n\n${statement.predicateType} of \`${name}@${digest}\``);
  }
});

// As the real one: an SBOM, a predicate of one's own, or provenance when neither is given.
function predicate() {
  if (input('sbom-path')) {
    const sbom = JSON.parse(readFileSync(input('sbom-path'), 'utf8'));
    if (sbom.spdxVersion) return { predicateType: sbom.spdxVersion.replace('SPDX-', 'https://spdx.dev/Document/v'), predicate: sbom };
    if (sbom.bomFormat === 'CycloneDX') return { predicateType: 'https://cyclonedx.org/bom', predicate: sbom };
    throw new Error('Unsupported SBOM format');
  }
  if (!input('predicate-type')) {
    const { GITHUB_SHA: commit, GITHUB_REF: ref, GITHUB_REPOSITORY: repository } = process.env;
    return { predicateType: PROVENANCE, predicate: { buildDefinition: { externalParameters: { repository, ref, commit } } } };
  }
  const text = input('predicate-path') ? readFileSync(input('predicate-path'), 'utf8') : input('predicate');
  return { predicateType: input('predicate-type'), predicate: JSON.parse(text) };
}
