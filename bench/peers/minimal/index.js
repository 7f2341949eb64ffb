// The minimum that forwards the DELETE and parses the response. It does no authentication or validation.
export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname.slice("/client/v4".length);
    const response = await fetch(env.CLOUDFLARE_API_BASE_URL + path, {
      method: "DELETE",
      headers: { authorization: `Bearer ${env.CLOUDFLARE_API_TOKEN}` },
    });
    return Response.json(await response.json());
  },
};
