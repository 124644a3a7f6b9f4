import os, requests
url = "https://api.verifik.co/v2/face-recognition/search/crops"
headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.getenv('VERIFIK_TOKEN')}"}
payload = {"images": ["<base64-small>"], "collection_id": "<collection_id>", "min_score": 0.7, "search_mode": "FAST", "max_results": 10}
r = requests.post(url, json=payload, headers=headers)
print(r.json())
