import { createRequire } from 'node:module';
import { elementsAt, type XmlTree } from './xml-tree.ts';

const START = '<nvidia_smi_log';
const END = '</nvidia_smi_log>';

interface XmlParser {
  parseString(
    xml: string,
    options: { readonly explicitArray: boolean; readonly trim: boolean },
    callback: (error: Error | null, tree?: XmlTree) => void,
  ): void;
}

/** What a run printed, taken apart. */
export interface PrintedLog {
  /** From the log's first tag to its last; undefined without both. */
  readonly xml: string | undefined;
  /** What stood around it: warnings, errors. */
  readonly said: string;
}

export function splitPrinted(stdout: string): PrintedLog {
  const start = stdout.indexOf(START);
  const end = stdout.lastIndexOf(END);
  if (start < 0 || end < start) return { xml: undefined, said: stdout };
  const before = stdout.slice(0, start).replace(/<[?!][^<>]*>/g, '');
  return { xml: stdout.slice(start, end + END.length), said: `${before}\n${stdout.slice(end + END.length)}` };
}

/** The element `nvidia_smi_log`, parsed as node-nvidia-smi parses it, with its own parser. Rejects with a parse error. */
export function parseLog(xml: string): Promise<XmlTree> {
  const { parseString } = loadParser();
  return new Promise((resolve, reject) => {
    parseString(mendXml(xml), { explicitArray: false, trim: true }, (error, tree) => {
      if (error === null) resolve(elementsAt(tree, 'nvidia_smi_log')[0]);
      else reject(error);
    });
  });
}

/**
 * Makes what nvidia-smi prints XML. The clocks that a GPU could have are left out: most of the text, not always well
 * formed, and of no use here. Names of processes come as they are, with `&` and `<`. Linear in the text's length.
 */
function mendXml(xml: string): string {
  const kept = xml.split('<supported_clocks>').map((part, index) => {
    if (index === 0) return part;
    const end = part.indexOf('</supported_clocks>');
    return end < 0 ? part : part.slice(end + '</supported_clocks>'.length);
  });
  return escapeNames(kept.join('')).replace(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7});)/g, '&amp;');
}

function escapeNames(xml: string): string {
  const parts = xml.split('<process_name>').map((part, index) => {
    const end = index === 0 ? -1 : part.indexOf('</process_name>');
    return end < 0 ? part : part.slice(0, end).replaceAll('<', '&lt;') + part.slice(end);
  });
  return parts.join('<process_name>');
}

/** The version that node-nvidia-smi resolves. Loaded when first needed: it takes memory of a process that has little. */
function loadParser(): XmlParser {
  const require = createRequire(import.meta.url);
  return createRequire(require.resolve('node-nvidia-smi'))('xml2js') as XmlParser;
}
