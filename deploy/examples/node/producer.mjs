// Produces conversation events to Kafka as any chat system may: Avro in the Confluent wire format,
// keyed tenant/conversation, on the partition that Java's partitioner (murmur2) chooses.
//
//   node producer.mjs [events.json]
//
// Reads KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL and TENANT_ID (local); the file holds events in the
// JSON form of POST /v1/events. Prints where each event stands, as a JSON array in the order of the file.

import { readFile } from "node:fs/promises";
import avro from "avsc";
import { Kafka, Partitioners, logLevel } from "kafkajs";

const TOPIC = "conversation.events.v1";
const REGISTRY_TIMEOUT_MS = 10_000;
const { KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, TENANT_ID = "local" } = process.env;

// Look the schema up once and keep it: an id never changes its meaning.
async function registeredSchema(subject) {
  const url = `${SCHEMA_REGISTRY_URL}/subjects/${subject}/versions/latest`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  const { id, schema } = await answer.json();
  return { id, type: avro.Type.forSchema(JSON.parse(schema)) };
}

// timestamp-micros; a JavaScript number holds it exactly until the year 2255.
const micros = (iso) => Date.parse(iso) * 1_000;

function avroEvent(event) {
  return {
    message_id: null, user_id: null, speaker_name: null, text: null, timezone: null, reply_to: null, language: null,
    remember: true, recalled: false, attributes: {},
    ...event,
    tenant_id: TENANT_ID,
    type: event.type.toUpperCase().replaceAll(".", "_"),
    role: (event.role ?? "user").toUpperCase(),
    occurred_at: micros(event.occurred_at),
  };
}

// A zero byte, the schema's id in four bytes, the Avro body.
function encode({ id, type }, event) {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, type.toBuffer(avroEvent(event))]);
}

async function produce(events) {
  const schema = await registeredSchema(`${TOPIC}-value`);
  const kafka = new Kafka({ brokers: KAFKA_BOOTSTRAP_SERVERS.split(","), logLevel: logLevel.ERROR });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const positions = [];
    for (const event of events) {
      const message = { key: `${TENANT_ID}/${event.conversation_id}`, value: encode(schema, event) };
      const [{ topicName, partition, baseOffset }] = await producer.send({ topic: TOPIC, acks: -1, messages: [message] });
      positions.push({ event_id: event.event_id, topic: topicName, partition, offset: Number(baseOffset) });
    }
    return positions;
  } finally {
    await producer.disconnect();
  }
}

const file = process.argv[2] ?? new URL("events.json", import.meta.url);
console.log(JSON.stringify(await produce(JSON.parse(await readFile(file, "utf8"))), null, 2));
