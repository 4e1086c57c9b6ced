import { inOneLine } from '../support/names.js';

/** What in LaTeX means something else than itself, and what prints it, in any encoding of fonts and with no package. */
const SIGNS: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  // Babel makes letters of what follows a plain one.
  '"': '\\symbol{34}',
  '`': '\\`{}',
  // What a row begins with is taken for an option of the end of the row before.
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '\u2010': '-',
  '\u2011': '-',
  '–': '\\textendash{}',
  '—': '\\textemdash{}',
  '‘': '\\textquoteleft{}',
  '’': '\\textquoteright{}',
  '“': '\\textquotedblleft{}',
  '”': '\\textquotedblright{}',
  '…': '\\ldots{}',
  '²': '\\ensuremath{^2}',
  '³': '\\ensuremath{^3}',
  µ: '\\ensuremath{\\mu}',
};

/** What stands in mathematics. */
const MATHEMATICS: Readonly<Record<string, string>> = {
  ...{ '×': 'times', '÷': 'div', '±': 'pm', '·': 'cdot', '→': 'rightarrow', '←': 'leftarrow', '∞': 'infty', '∈': 'in' },
  ...{
    '≤': 'leq',
    '≥': 'geq',
    '≠': 'neq',
    '≈': 'approx',
    '√': 'surd',
    '∑': 'sum',
    '∏': 'prod',
    '∂': 'partial',
    '∇': 'nabla',
  },
  ...{
    α: 'alpha',
    β: 'beta',
    γ: 'gamma',
    δ: 'delta',
    ε: 'varepsilon',
    ζ: 'zeta',
    η: 'eta',
    θ: 'theta',
    ι: 'iota',
    κ: 'kappa',
  },
  ...{
    λ: 'lambda',
    μ: 'mu',
    ν: 'nu',
    ξ: 'xi',
    π: 'pi',
    ρ: 'rho',
    σ: 'sigma',
    ς: 'varsigma',
    τ: 'tau',
    υ: 'upsilon',
    φ: 'varphi',
  },
  ...{ χ: 'chi', ψ: 'psi', ω: 'omega', Γ: 'Gamma', Δ: 'Delta', Θ: 'Theta', Λ: 'Lambda', Ξ: 'Xi', Π: 'Pi', Σ: 'Sigma' },
  ...{ Υ: 'Upsilon', Φ: 'Phi', Ψ: 'Psi', Ω: 'Omega', '∆': 'Delta', '−': '-' },
};

/** Letters that pdfTeX prints as they are, with no package. */
const PRINTED = /^[¡¢£§©®°¶¿À-ÏÑ-ÖØ-Ýßà-ïñ-öø-ýÿĀ-ăĆ-ďĒ-ėĚ-ĥĨ-ĭİ-ķĹ-ľŁ-ňŌ-ťŨ-űŴ-ž€™]$/u;

/** What prints a character that pdfTeX cannot: XeTeX and LuaTeX where their font has it, and else all of them its code point. */
const OTHER = '\\unicodechar';
const CODE_POINT = '{[}U+#2{]}';
const DEFINITION = `\\providecommand{${OTHER}}[2]{\\ifdefined\\Umathchar\\iffontchar\\font\`#1 #1\\else${CODE_POINT}\\fi\\else${CODE_POINT}\\fi}%`;

/** A user's words for LaTeX, in one line: they are printed as they stand, and never obeyed. */
export function latexText(text: string): string {
  const signs = Array.from(inOneLine(text.normalize('NFC')), (sign) => {
    if (Object.hasOwn(SIGNS, sign)) return SIGNS[sign];
    if (/^[ -~]$/.test(sign) || PRINTED.test(sign)) return sign;
    const symbol = Object.hasOwn(MATHEMATICS, sign) ? MATHEMATICS[sign] : undefined;
    if (symbol !== undefined) return `\\ensuremath{${symbol === '-' ? symbol : `\\${symbol}`}}`;
    return `${OTHER}{${sign}}{${(sign.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}}`;
  });
  // Two of these are one sign.
  return signs.join('').replace(/([-',])(?=\1)/g, '$1{}');
}

/** Words behind a percent sign, which end with the line. */
export const latexComment = (text: string): string => `% ${inOneLine(text)}`;

/** The definition that lines of LaTeX from `latexText` need, if they do. */
export function definitionsFor(lines: readonly string[]): string[] {
  return lines.some((line) => line.includes(OTHER)) ? [DEFINITION] : [];
}
