declare module 'svg-to-pdfkit' {
  /** Draws an SVG on a document's page. */
  export default function drawSvgOn(
    document: PDFKit.PDFDocument,
    svg: string,
    x: number,
    y: number,
    options: {
      /** Whether lengths without a unit are points. */
      readonly assumePt: boolean;
      readonly width: number;
      readonly height: number;
      readonly fontCallback: (family: string, bold: boolean, italic: boolean) => string;
      readonly warningCallback?: (warning: string) => void;
    },
  ): void;
}
