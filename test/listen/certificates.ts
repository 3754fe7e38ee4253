import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes certificates for `localhost` with the openssl command, each signed by an authority of its own folder. */
export class CertificateAuthority {
  readonly #folder: string;
  readonly caFile: string;
  readonly #caKeyFile: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.caFile = join(folder, 'ca.pem');
    this.#caKeyFile = join(folder, 'ca-key.pem');
    const files = ['-keyout', this.#caKeyFile, '-out', this.caFile];
    openssl(['req', '-x509', ...NEW_KEY, ...files, '-subj', '/CN=test authority', '-days', '2']);
  }

  get ca(): Buffer {
    return readFileSync(this.caFile);
  }

  issue(name: string): CertificateFiles {
    const certFile = join(this.#folder, `${name}.pem`);
    const keyFile = join(this.#folder, `${name}-key.pem`);
    const signer = ['-CA', this.caFile, '-CAkey', this.#caKeyFile];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    openssl([
      'req',
      '-x509',
      ...NEW_KEY,
      ...signer,
      '-keyout',
      keyFile,
      '-out',
      certFile,
      ...subject,
      '-days',
      '2',
    ]);
    return { certFile, keyFile };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(commandLine: readonly string[]): string {
  return execFileSync('openssl', commandLine, { stdio: 'pipe' }).toString();
}

/** Why no certificates can be made here, if so. */
export function missingOpenssl(): string | undefined {
  try {
    const version = openssl(['version']);
    return /^OpenSSL [3-9]/.test(version) ? undefined : `openssl is too old: ${version.trim()}`;
  } catch {
    return 'the openssl command is not installed';
  }
}
