import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Made by the driver, also inside a container that was given a GPU; `/dev/dxg` is WSL's. */
const DEVICE_FILES = ['dev/nvidiactl', 'dev/dxg', 'proc/driver/nvidia/version'];
const PROGRAMS = ['nvidia-smi', 'nvidia-smi.exe'];

/** Whether an NVIDIA driver seems to be there, by some file names: cheap, and nothing of it is loaded. */
export function hasNvidiaDriver(root: string, searchPath: string): boolean {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return (
    DEVICE_FILES.some((path) => isThere(join(root, path), constants.F_OK)) ||
    folders.some((folder) => PROGRAMS.some((name) => isThere(join(folder, name), constants.X_OK)))
  );
}

function isThere(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
