/** What draws our pictures as PDF. The build puts it into one file, so that it is not installed with this program. */
export { default as PDFDocument } from 'pdfkit';
export { default as drawSvgOn } from 'svg-to-pdfkit';
