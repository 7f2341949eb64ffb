//! The DELETE written as the workers-rs templates suggest: with the crate's own request and response, and the
//! upstream's response parsed into a value. It does no authentication or validation.

use worker::{Context, Env, Fetch, Headers, Method, Request, RequestInit, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let base = env.var("CLOUDFLARE_API_BASE_URL")?.to_string();
    let token = env.secret("CLOUDFLARE_API_TOKEN")?.to_string();
    let path = request.path();
    let path = path.strip_prefix("/client/v4").unwrap_or(&path);
    let headers = Headers::new();
    headers.set("authorization", &format!("Bearer {token}"))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Delete).with_headers(headers);
    let upstream = Request::new_with_init(&format!("{base}{path}"), &init)?;
    let mut response = Fetch::Request(upstream).send().await?;
    let answer: serde_json::Value = response.json().await?;
    Response::from_json(&answer)
}
