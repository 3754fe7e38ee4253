/** The error with which `promise` rejects; throws if it does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('resolved where a rejection was expected');
}
