// The wire contract ships with the package: copies it from the repository to where `proto-file.ts` looks first.
import { cpSync } from 'node:fs';

const path = 'proto/infermeter/v1/span_service.proto';
cpSync(new URL(`../../${path}`, import.meta.url), new URL(path, import.meta.url));
