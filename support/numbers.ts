/** The number that a text is; NaN where it is none, or is blank, which JavaScript takes for 0. */
export const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));
