const fetch = require("node-fetch");
async function run() {
  const res = await fetch("https://api.verifik.co/v2/face-recognition/search/crops", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${process.env.VERIFIK_TOKEN}` },
    body: JSON.stringify({ images: ["<base64-small>"], collection_id: "<collection_id>", min_score: 0.7, search_mode: "FAST", max_results: 10 }),
  });
  console.log(await res.json());
}
run();
