// Runs the JavaScript clients against the gateway whose base URL is the first argument; prints what each got as JSON.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import OpenAI from "openai";

const baseURL = process.argv[2];
const evidence = [{ name: "voyager.txt", text: "Voyager 1 was launched in 1977." }];
const probatum = { evidence };
const headers = { "Probatum-Options": JSON.stringify(probatum) };
const held = { "Probatum-Options": JSON.stringify({ evidence, wait: "certificate" }) };
const messages = (content) => [{ role: "user", content }];
const openai = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
const vercel = createOpenAI({ baseURL, apiKey: "none", headers });
const compatible = createOpenAICompatible({ name: "gateway", baseURL, apiKey: "none", headers });
const quiet = { maxRetries: 0, onError: () => {} };

async function npmStream() {
  const stream = await openai.chat.completions.create({ model: "fake-1", stream: true, probatum, messages: messages("npm stream") });
  let text = "", state = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    state = chunk.verification?.state ?? state;
  }
  return { text, state };
}

async function npmHelper() {
  const stream = openai.chat.completions.stream({ model: "fake-1", probatum, messages: messages("npm helper") });
  const final = await stream.finalChatCompletion();
  return { text: final.choices[0].message.content };
}

async function npmWhole() {
  const options = { ...probatum, wait: "certificate" };
  const done = await openai.chat.completions.create({ model: "fake-1", probatum: options, messages: messages("npm held") });
  return { text: done.choices[0].message.content, state: done.verification.state };
}

async function npmRefused() {
  const options = { ...probatum, wait: "certificate" };
  try {
    await openai.chat.completions.create({ model: "fake-wrong", probatum: options, messages: messages("npm held") });
    return {};
  } catch (error) {
    return { status: error.status, code: error.code };
  }
}

async function npmCut() {
  const stream = await openai.chat.completions.create({ model: "fake-cut", stream: true, messages: messages("npm cut") });
  let text = "";
  try {
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
    return { text };
  } catch (error) {
    return { text, code: error.code };
  }
}

async function npmResponse() {
  const done = await openai.responses.create({ model: "fake-1", input: "npm response", probatum: { ...probatum, wait: "certificate" } });
  return { text: done.output_text, state: done.metadata.probatum_state };
}

async function npmEvents() {
  const stream = openai.responses.stream({ model: "fake-1", input: "npm events", probatum });
  const done = await stream.finalResponse();
  return { text: done.output_text, state: done.metadata.probatum_state };
}

async function npmRawEvents() {
  const stream = await openai.responses.create({ model: "fake-1", input: "npm raw events", stream: true, probatum });
  let text = "", state = null;
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type.startsWith("response.verification.")) state = event.verification.state;
  }
  return { text, state };
}

async function generated(model, prompt) {
  const done = await generateText({ model, prompt, maxRetries: 0 });
  return { text: done.text, tokens: done.usage.outputTokens > 0, state: done.response.headers["probatum-state"] };
}

async function streamedText(model, prompt) {
  const errors = [];
  const stream = streamText({ model, prompt, ...quiet, onError: ({ error }) => errors.push(String(error.message ?? error)) });
  let text = "";
  for await (const delta of stream.textStream) text += delta;
  return { text, errors, finish: errors.length ? null : await stream.finishReason };
}

async function vercelHeld() {
  const strict = createOpenAI({ baseURL, apiKey: "none", headers: held });
  try {
    await generateText({ model: strict.chat("fake-wrong"), prompt: "vercel held", maxRetries: 0 });
    return {};
  } catch (error) {
    return { status: error.statusCode, code: JSON.parse(error.responseBody).error.code };
  }
}

const runs = {
  npmStream, npmHelper, npmWhole, npmRefused, npmCut, npmResponse, npmEvents, npmRawEvents, vercelHeld,
  vercelChat: () => generated(vercel.chat("fake-1"), "vercel chat"),
  vercelChatStream: () => streamedText(vercel.chat("fake-1"), "vercel chat stream"),
  vercelResponses: () => generated(vercel.responses("fake-1"), "vercel responses"),
  vercelResponsesStream: () => streamedText(vercel.responses("fake-1"), "vercel responses stream"),
  vercelCompatible: () => generated(compatible("fake-1"), "vercel compatible"),
  vercelCompatibleStream: () => streamedText(compatible("fake-1"), "vercel compatible stream"),
  vercelCut: () => streamedText(vercel.chat("fake-cut"), "vercel cut"),
};

const got = {};
for (const [name, run] of Object.entries(runs)) got[name] = await run().catch((error) => ({ failed: String(error.stack ?? error) }));
console.log(JSON.stringify(got));
