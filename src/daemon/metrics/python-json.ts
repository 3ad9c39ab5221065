/**
 * JSON as Python's json writes it too: NaN and the infinities stand bare there, and become the strings "NaN",
 * "Infinity" and "-Infinity". @throws SyntaxError
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!/NaN|Infinity/.test(text)) throw cause;
    return JSON.parse(text.replace(BARE, quoted));
  }
}

/** A string, passed over as it is, or a bare word of Python's. */
const BARE = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const quoted = (token: string): string => (token.startsWith('"') ? token : `"${token}"`);
