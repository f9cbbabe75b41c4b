import createClient from "openapi-fetch";
import type { paths } from "./couch.js";

const baseUrl = process.env.COUCH_URL ?? "http://localhost:3000";
const key = process.env.COUCH_AUTH_TOKEN;
const couch = createClient<paths>({ baseUrl, headers: key ? { Authorization: `Bearer ${key}` } : {} });

/** The answer; or an error with the problem's sentence. */
async function answer<T>(call: Promise<{ data?: T; error?: { error: string } }>): Promise<T> {
    const { data, error } = await call;
    if (data === undefined) throw new Error(error?.error ?? "no answer");
    return data;
}

const invite = await answer(couch.POST("/couch/invites", { body: { createdBy: "noah", label: "typescript" } }));
const redeemed = await answer(couch.POST("/couch/redeem", { body: { code: invite.code, name: "guest-1" } }));
const guest = await answer(couch.GET("/couch/guests/{id}", { params: { path: { id: redeemed.guestId } } }));
console.log(`${guest.name} is ${guest.status} until ${guest.expiresAt}, and has used ${guest.resourceUsage.tokensUsed} tokens`);

const killed = await answer(couch.DELETE("/couch/guests/{id}", { params: { path: { id: guest.id } } }));
console.log(`${killed.id} is ${killed.status}`);
