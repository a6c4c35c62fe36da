/** Text with its percent-escapes written out (RFC 3986 §2.1); with a stray % it was not escaped, and is meant as it stands. */
export const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
