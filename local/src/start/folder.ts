import { access, constants, mkdir } from 'node:fs/promises';

/** Makes the data folder where it is missing. Throws an Error to show to the user when it cannot be used. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `The data folder ${dataDir} cannot be used: ${reason(error as NodeJS.ErrnoException)}. ` +
        `Set SLUICE_DATA_DIR to a folder that you may write to.`,
    );
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file of that name is in the way';
  if (code === 'EACCES' || code === 'EPERM') return 'you may not write there';
  if (code === 'EROFS') return 'the file system is read-only';
  return message;
}
