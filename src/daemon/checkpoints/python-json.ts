/** JSON as Python's json writes it: NaN and the infinities stand bare, and become null. @throws SyntaxError */
export const parsePythonJson = (text: string): unknown =>
  JSON.parse(text.replace(/([[:,]\s*)-?(?:NaN|Infinity)\b/g, '$1null'));
