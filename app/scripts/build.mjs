// Builds the app into the Python package.
import { build } from 'vite';
import { emptyTarget, packVision, writeDigest } from './packing.mjs';

emptyTarget();
await build();
packVision();
writeDigest();
