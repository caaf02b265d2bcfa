// Passkeys, where the browser knows them. Signing in by password needs none of this.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

async function post(path, said) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(said),
  });
  const told = answer.headers.get("Content-Type")?.startsWith("application/json")
    ? await answer.json()
    : {};
  if (!answer.ok || !told) throw new Error(told.error ?? "That did not work. Load the page anew.");
  return told;
}

const descriptors = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function shown(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    const value = credential.response[name];
    if (value) response[name] = text(value);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  };
}

async function register(part) {
  const { options, state } = await post("/account/passkeys/offer", {});
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: descriptors(options.excludeCredentials),
    },
  });
  const name = part.querySelector("input").value;
  return post("/account/passkeys", { state, name, credential: shown(credential) });
}

async function signIn(part) {
  const { options, state } = await post("/sign-in/passkey/ask", {});
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: descriptors(options.allowCredentials),
    },
  });
  const next = part.dataset.next;
  return post("/sign-in/passkey", { state, next, credential: shown(credential) });
}

const acts = { register, "sign-in": signIn };

for (const part of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const button = part.querySelector("button");
  const trouble = part.querySelector("[role=alert]");
  part.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    trouble.hidden = true;
    try {
      const { next } = await acts[part.dataset.passkey](part);
      location.assign(next);
    } catch (error) {
      const left = error.name === "NotAllowedError" || error.name === "AbortError";
      trouble.textContent = left ? "The device was not asked to the end; try again." : error.message;
      trouble.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
