/** A module's text as an address to import it from; in Node and in a browser. */
export function moduleUrl(source: string): string {
  const bytes = new TextEncoder().encode(source);
  let text = '';
  for (let from = 0; from < bytes.length; from += 8192)
    text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return `data:text/javascript;base64,${btoa(text)}`;
}
