<?php
$ch = curl_init("https://api.verifik.co/v2/face-recognition/search/crops");
curl_setopt($ch, CURLOPT_HTTPHEADER, ["Content-Type: application/json", "Authorization: Bearer " . getenv("VERIFIK_TOKEN")]);
$body = json_encode(["images" => ["<base64-small>"], "collection_id" => "<collection_id>", "min_score" => 0.7, "search_mode" => "ACCURATE", "max_results" => 10]);
curl_setopt($ch, CURLOPT_POSTFIELDS, $body);
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
$response = curl_exec($ch);
curl_close($ch);
echo $response;
