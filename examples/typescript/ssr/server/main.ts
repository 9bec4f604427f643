import { createAppServer } from './app-server';

const { SERVICE_URL = 'http://videos.example.com.localhost:8080', APP_PORT = '3000' } = process.env;
createAppServer(() => SERVICE_URL).listen(Number(APP_PORT), () => console.log(`The app listens on port ${APP_PORT} and uses ${SERVICE_URL}`));
