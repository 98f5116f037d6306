import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';

/** Timestamps in XML are ISO 8601 unless a trait says otherwise (Smithy's number for date-time). */
const DATE_TIME = 5;

/** The members of an output as XML, without a root element. */
export function xmlMembers(schema: NormalizedSchema, output: object): string {
  if (!schema.isStructSchema()) return '';
  const serializer = new XmlShapeSerializer({
    xmlNamespace: '',
    serviceNamespace: '',
    timestampFormat: { useTrait: true, default: DATE_TIME },
    httpBindings: false,
  });
  serializer.write(schema, output);
  return withoutRoot(String(serializer.flush()));
}

function withoutRoot(xml: string): string {
  const end = xml.lastIndexOf('</');
  return end === -1 ? '' : xml.slice(xml.indexOf('>') + 1, end);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);
}
