/** Rejects with the words of `late` after so many milliseconds; the work goes on by itself. */
export const within = async <T>(ms: number, work: Promise<T>, late: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
};
