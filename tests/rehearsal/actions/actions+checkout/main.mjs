// Stand-in for actions/checkout. act never runs it for a plain checkout: it copies the working tree with its whole
// history itself. It runs only with 'ref' or 'repository', which a copy cannot answer.
import { setFailed } from './shared/core.mjs';

setFailed("act copies the working tree itself, unless a step asks for another 'ref' or 'repository': that needs the real actions/checkout");
