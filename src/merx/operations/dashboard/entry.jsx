import "@medusajs/dashboard/css"
import Dashboard from "@medusajs/dashboard"
import { createRoot } from "react-dom/client"

createRoot(document.getElementById("medusa")).render(<Dashboard plugins={[]} />)
